"""The life of a credential: made, kept, renewed, replaced, taken back."""
