"""Document 001, first paragraph: the statement that it found in a GAN, in the smallest class that has it."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


class Discriminator:  # added: what the quoted statement needs around it
    def __init__(self, name_scope_conv):
        self.name_scope_conv = name_scope_conv

    def __call__(self, image, reuse):
        with tf.variable_scope(self.name_scope_conv, reuse = reuse):
            return image * tf.get_variable("w", [3])


discriminator = Discriminator("conv")
real = discriminator(tf.constant([1.0, 2.0, 3.0]), reuse=False)
fake = discriminator(tf.constant([4.0, 5.0, 6.0]), reuse=True)
for v in tf.trainable_variables():
    print(v)
print(real.name, fake.name)
