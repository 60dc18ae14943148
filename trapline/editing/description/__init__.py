"""Descriptions in an editor: `library` has what can be read of a text, `scopes` what each name in it means."""
