"""Where items come from: catalogue, guarded fetch, parse, cadence, sweep."""
