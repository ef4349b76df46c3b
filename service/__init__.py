"""The use cases in the product's words, and the one place that opens and closes what they need."""
