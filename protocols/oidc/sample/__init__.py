"""The sample relying party of the demo: what a service has to do, and what it is told."""
