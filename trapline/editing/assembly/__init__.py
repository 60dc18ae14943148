"""Programs in an editor: `program` has what the assembler makes of a text, `words` what each word in it stands for."""
