def record(**k): print(k)
