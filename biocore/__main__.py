"""``python -m biocore``."""

import sys

from biocore.cli import main

if __name__ == "__main__":
    sys.exit(main())
