# ÿş
def my_strategy(proba): pass
