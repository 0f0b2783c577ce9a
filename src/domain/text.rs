//! Text: Markdown to safe HTML, foreign HTML to safe HTML, plain excerpts.
