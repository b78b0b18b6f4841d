"""Statistics for every model: intervals, ranking, calibration, GO metrics, splits by cluster."""
