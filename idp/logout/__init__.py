"""How a session ends everywhere: taken back, told, told again."""
