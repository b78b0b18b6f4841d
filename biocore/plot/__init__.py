"""Plotly figures: one function per figure, result in, `plotly.graph_objects.Figure` out.  Nothing is computed here.

One module per page (`dna`, `protein`, ...) and `theme` for what they share.
"""
