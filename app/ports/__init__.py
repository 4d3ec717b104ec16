"""What the use cases need of storage, as protocols that `storage` fits without knowing them."""
