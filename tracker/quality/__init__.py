"""How good the indicators are: samples drawn and estimated from, and the model that orders the queue."""
