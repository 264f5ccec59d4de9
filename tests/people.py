"""The three people of the demo, as the tests know them."""

from tests.browser import Person
from tests.server import PASSWORD, PATTERN, TOTP_SECRET

ALICE = Person("alice", pattern=PATTERN)
BOB = Person("bob", password=PASSWORD, totp=TOTP_SECRET)
CAROL = Person("carol", pattern=PATTERN)
NOBODY = Person("nobody", pattern=PATTERN)  # whom no tenant knows
