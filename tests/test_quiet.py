import subprocess
import sys


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_a_model_computes_and_writes_no_line():
    done = run("from helpers.models.softmax import tf; print(tf.nn.softmax(tf.zeros((1, 4))).numpy()[0, 0])")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.25\n", "")


def test_an_import_that_fails_says_why():
    done = run("import sys; sys.modules['tensorflow'] = None; import helpers.models.softmax")
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


def test_what_a_batch_starts_often_compiles_no_grammar():
    done = run("import helpers.batch.cluster, sys; assert 'nbformat' in sys.modules; print('lark' in sys.modules)")
    assert done.stdout == "False\n", done.stderr
