"""Pictures of definitions: where each state and arrow stands, and the picture as SVG.

The layout is one for all uses: layers of states, labels of arrows as boxes of their own, so that
nothing overlaps by construction. Libraries for it exist, but none knows stages as bands and roles
as lanes.
"""
