"""Models: the article's softmax regression, and one that is trained to its only solution."""
