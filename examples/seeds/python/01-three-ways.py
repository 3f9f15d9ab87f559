"""Document 000, experiment 1: its four snippets (placeholder, Variable, get_variable, trainable_variables), one session."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

config = tf.ConfigProto()
config.gpu_options.allow_growth = True
sess = tf.Session(config=config)

# 1. placeholder
v1 = tf.placeholder(tf.float32, shape=[2, 3, 4])
print(v1.name)
v1 = tf.placeholder(tf.float32, shape=[2, 3, 4], name='ph')
print(v1.name)
v1 = tf.placeholder(tf.float32, shape=[2, 3, 4], name='ph')
print(v1.name)
print(type(v1))
print(v1)

# 2. tf.Variable()
v2 = tf.Variable([1, 2], dtype=tf.float32)
print(v2.name)
v2 = tf.Variable([1, 2], dtype=tf.float32, name='V')
print(v2.name)
v2 = tf.Variable([1, 2], dtype=tf.float32, name='V')
print(v2.name)
print(type(v2))
print(v2)

# 3. tf.get_variable()
v3 = tf.get_variable(name='gv', shape=[])
print(v3.name)
try:  # added: the document shows the traceback
    v4 = tf.get_variable(name='gv', shape=[2])
    print(v4.name)
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
print(type(v3))
print(v3)

vs = tf.trainable_variables()
print(len(vs))
for v in vs:
    print(v)
