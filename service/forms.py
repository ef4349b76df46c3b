"""What the values of events and items may be. The wire refuses all else; the importer reports it, or cuts it to fit."""

#: Patterns of the whole value.
ID = r"^[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}$"
CURRENCY = r"^[A-Z]{3}$"
#: Web addresses and paths only: a page shows what is here.
IMAGE = r"^(https?://|/)[^\s<>\"'\\]*$"

AMOUNT_MAX = 1e12
QUANTITY_MAX = 1_000_000
#: In characters.
TITLE_LENGTH_MAX = 500
LABEL_LENGTH_MAX = 128
IMAGE_LENGTH_MAX = 2_000
CATEGORY_STEPS_MAX = 10
TAGS_MAX = 50
