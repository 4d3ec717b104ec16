"""The nearest feasible point, existing public lines first (R-9.1b, 四(三)4, D4)."""

from __future__ import annotations

from decimal import Decimal

from workflows.connection_points import ConnectionPoint, by_preference, proposed

NEEDED = Decimal(700)


def a_point(distance_m: int, free_kva: int = 1000, *, public: bool = True) -> ConnectionPoint:
    return ConnectionPoint(
        node_id=f"F{distance_m}",
        distance_m=distance_m,
        free_kva=Decimal(free_kva),
        is_public=public,
    )


def test_the_nearest_without_room_is_passed_over() -> None:
    points = [a_point(900), a_point(120, 0), a_point(300)]
    assert proposed(points, NEEDED) == a_point(300)
    assert [each.distance_m for each in by_preference(points, NEEDED)] == [300, 900, 120]


def test_exactly_enough_room_is_enough() -> None:
    assert proposed([a_point(120, 700)], NEEDED) == a_point(120, 700)
    assert proposed([a_point(120, 699)], NEEDED) is None


def test_an_existing_public_line_comes_before_a_nearer_one_that_is_not() -> None:
    points = [a_point(50, public=False), a_point(800)]
    assert proposed(points, NEEDED) == a_point(800)
    assert proposed([a_point(50, public=False), a_point(10, 0)], NEEDED) == a_point(
        50, public=False
    )


def test_of_equally_near_points_the_freest() -> None:
    roomy = ConnectionPoint(node_id="Z", distance_m=300, free_kva=Decimal(2000), is_public=True)
    assert proposed([a_point(300), roomy], NEEDED) == roomy


def test_nothing_is_proposed_where_nothing_was_surveyed() -> None:
    assert proposed([], NEEDED) is None
