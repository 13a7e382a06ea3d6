def my_strategy(proba:
