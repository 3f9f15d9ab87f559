"""Document 004: the snippet of the third answer ('ns', 'vs') and of the fourth ('foo', 'bar')."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

with tf.name_scope('ns'):
    with tf.variable_scope('vs'):  # scope creation
        v1 = tf.get_variable("v1", [1])   # v1.name = 'vs/v1:0'; printed [1.0], which 2.21 refuses as a shape
        v2 = tf.Variable([2.0], name='v2')  # v2.name= 'ns/vs/v2:0'
        v3 = v1 + v2                        # v3.name = 'ns/vs/add:0'
print(v1.name, v2.name, v3.name)  # added

tf.reset_default_graph()  # added: the next snippet is a program of its own
with tf.name_scope('foo'):
    with tf.variable_scope('bar'):
        x = tf.get_variable('x', shape=())
        x2 = tf.square(x**2, name='x2')
print(x.name)
# bar/x:0
print(x2.name)
# foo/bar/x2:0
