"""Document 003: its three one-line snippets (name_scope, variable_scope, reuse)."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

with tf.name_scope('test_scope'):
    test1 = tf.get_variable('test1', [1], dtype=tf.float32)
    test2 = tf.Variable(1, name='test2', dtype=tf.float32)
    a = tf.add(test1, test2)
    print(test1.name)  # the document says test_scope/test1:0
    print(test2.name)  # test_scope/test2:0
    print(a.name)      # test_scope/Add:0

tf.reset_default_graph()  # added: the next snippet is a program of its own
with tf.variable_scope('test_scope'):
    test1 = tf.get_variable('test1', [1], dtype=tf.float32)
    test2 = tf.Variable(1, name='test2', dtype=tf.float32)
    a = tf.add(test1, test2)
    print(test1.name)  # test_scope/test1:0
    print(test2.name)  # test_scope/test2:0
    print(a.name)      # test_scope/Add:0

tf.reset_default_graph()  # added
with tf.variable_scope('share'):
    share = tf.get_variable('share_variable', [1])
with tf.variable_scope('share', reuse=True):
    share_test = tf.get_variable('share_variable', [1])
    print(share.name)        # share/share_variable:0
    print(share_test.name)   # share/share_variable:0
