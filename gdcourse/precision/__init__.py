r"""Numbers of few bits, one file per framework: `numpy`, `torch`, `tensorflow`. Rounding, loss scaling, master weights.

    format      bits: sign, exponent, fraction    largest    smallest normal    smallest    next after 1
    float32     1, 8, 23                          3.4e38     1.2e-38            1.4e-45     1 + 1.2e-7
    bfloat16    1, 8, 7                           3.4e38     1.2e-38            9.2e-41     1 + 7.8e-3
    float16     1, 5, 10                          65504      6.1e-5             6.0e-8      1 + 9.8e-4    (1)

`round_to` gives the nearest number of a format, of two equally near ones that with an even last bit. What is beyond the largest
becomes infinity ("overflow"), what is nearer to 0 than to the smallest becomes 0 ("underflow").

**Loss scaling** (Micikevicius et al. 2018, arXiv:1710.03740). In float16 many gradients underflow. The gradient of S L is S
times that of L, so multiply the loss by S, a power of 2, which rounds nothing; go backward; and divide after the gradients have
been widened to float32. If S was too large, some gradient is not finite: then leave the step out.

    fixed       S stays                                                                                   (2)
    dynamic     a step with a gradient that is not finite: S = backoff S, and no step;
                `interval` good steps one after the other: S = growth S                                   (3)

**Master weights.** w - eta g is w again where eta |g| is below half the distance to the next number. So keep the weights in
float32, step there, and round a copy for the model:

    W = W - eta g,    w = round(W)                                                                        (4)

    scaler, master = DynamicScale(), MasterWeights(model.params)
    dy = losses.softmax_ce_grad(model.forward(x, train=True), y)
    model.backward(scaler.scaled(dy))
    grads = scaler.unscale(model.grads)
    if grads is not None:
        optimizer.step(master.params, grads)
        master.store(model.params)

bfloat16 has float32's range, so it needs no scale, and fewer digits, so it needs master weights more.

NumPy has float16 and no bfloat16, and computes float16 number by number, slowly. There `round_to` shows what bfloat16 would do.

How the built-ins differ; `gdcourse.conformance.precision` has every case with its size. `torch.amp.GradScaler` is (3) with our
defaults; it refuses float16 gradients, because it expects float32 weights that `torch.autocast` rounds on their way into an
operation: (4) seen from the other side. Keras' `LossScaleOptimizer` is (3), growth and backoff fixed at 2 and 1/2, S from
2^15; `loss_scale_factor` of any Keras optimizer is (2), without leaving out a step. Its `mixed_float16` policy keeps float32
variables, as autocast does. PyTorch and TensorFlow round float64 to 16 bits by way of float32, and so does `round_to`;
TensorFlow takes float32 numbers below the smallest normal one for 0.
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
