"""What the notebooks look like: their cells, figures, tables, drawings and stored parameters."""
