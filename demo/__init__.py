"""A sample shop and its traffic, which use the product only through its public surface."""
