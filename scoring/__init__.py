"""Pure mathematics, arrays in and arrays out: no IO, no clock, no randomness that is not passed."""
