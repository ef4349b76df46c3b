"""Harbour & Pine: what the sample shop sells, who its customers are and how they behave."""
