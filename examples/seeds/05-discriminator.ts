// Document 001, first paragraph: the statement that it found in a GAN, in the smallest class
// that has it.
import * as tf from "tensorscope";

class Discriminator {
  readonly nameScopeConv: string;
  constructor(nameScopeConv: string) {
    this.nameScopeConv = nameScopeConv;
  }
  call(image: tf.Tensor, reuse: tf.Reuse) {
    return tf.variableScope(this.nameScopeConv, { reuse }, () =>
      image.mul(tf.getVariable("w", [3])),
    );
  }
}

const discriminator = new Discriminator("conv");
const real = discriminator.call(tf.constant([1, 2, 3]), false);
const fake = discriminator.call(tf.constant([4, 5, 6]), true);
for (const v of tf.trainableVariables()) console.log(String(v));
console.log(real.name, fake.name);
