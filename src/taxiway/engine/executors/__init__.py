"""Where a model may run, one module each; `engine.executor` says what each of them does."""
