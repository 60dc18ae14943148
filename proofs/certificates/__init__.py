"""Questions as texts that any solver reads, and verdicts that somebody else can check again."""
