"""Print the table of docs/bring.md: `python -m tests.bring.corpus`."""

from tests.bring.corpus import GROUPS
from tests.bring.summary import table

if __name__ == "__main__":
    print(table(GROUPS))
