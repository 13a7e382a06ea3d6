"""Query strategies: what a model should ask next. A matrix of class probabilities in, an order of its images out."""
