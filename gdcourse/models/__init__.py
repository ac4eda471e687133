r"""The course's models, one file per framework: `numpy`, `torch`, `tensorflow`. Each is a `Sequential` of `gdcourse.layers`.

    linear        x W + b                                                       d + 1 parameters          (1)
    logistic      the same; its output is a logit, p = 1 / (1 + exp(-z))        d + 1                     (2)
    mlp           dense, activation, dense, ..., dense: 784-128-10              784 128 + 128
                                                                                + 128 10 + 10 = 101,770   (3)
    cnn           conv 32 (3 x 3), ReLU, max pool 2, conv 64 (3 x 3), ReLU,     320 + 18,496
                  max pool 2, flatten, dense 128, ReLU, dense 10                + 204,928 + 1,290
                                                                                = 225,034                 (4)
    autoencoder   an mlp down to a code and back: 784-128-32-128-784            209,968                   (5)

A dense layer has (in + 1) out parameters, a convolution (in kh kw + 1) out. No model ends in a softmax or a sigmoid: the losses
from logits take what comes out, and a second softmax would be wrong. (1) and (2) start at zero, since their losses are convex
and every start is as good; the others start from a seed, or a NumPy generator, the same weights in all three. The weights
before a ReLU are He's (normal), those of the last layer Xavier's (normal), the biases zero.

The same networks in Keras start from Glorot's uniform, in PyTorch from U[-1 / sqrt(fan_in), 1 / sqrt(fan_in)], biases too: see
`gdcourse.initializers`. Keras' CNN flattens (height, width, channels), ours and PyTorch's (channels, height, width).
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
