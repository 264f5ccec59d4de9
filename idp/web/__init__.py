"""What people see: login, portal, and the boundary that every request crosses."""
