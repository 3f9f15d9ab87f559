"""Document 002, last paragraph: the statements that initialise all variables, new and old (their spelling corrected)."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

v = tf.get_variable("v", [2], initializer=tf.ones_initializer())  # added
with tf.Session() as sess:
    try:  # added: what happens without it
        sess.run(v)
    except tf.errors.FailedPreconditionError as error:
        print(f"{type(error).__name__}: {error.message}")
    tf.global_variables_initializer().run()
    print(v.eval())

with tf.Session() as sess:
    tf.initialize_all_variables().run()
    print(v.eval())
