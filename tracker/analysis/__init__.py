"""Pure statistics over arrays: series, baselines, alerts, indices."""
