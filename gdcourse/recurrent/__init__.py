r"""Recurrent layers, one file per framework: `numpy`, `torch`, `tensorflow`. A plain one, and the LSTM.

They read a sequence x_1, ..., x_l one vector after the other. What they carry from step to step is the state, zero at first;
h_t: (d,) is their output at t. Vectors are rows, products and sigmoid are by element:

    plain    a = x_t W + h_{t-1} U + b,      h_t = tanh a                                                 (1)

    LSTM     a = x_t W + h_{t-1} U + b,      a = (a_i, a_f, a_g, a_o), each of d numbers
             i, f, o = sigmoid of a_i, a_f, a_o,     g = tanh a_g
             c_t = f c_{t-1} + i g,          h_t = o tanh c_t                                             (2)

i lets the new g into the cell c, f keeps the old c or forgets it, o shows it: three gates. Backward, from the last step to
the first, dh_t is what comes from the loss and what step t + 1 hands back; each step adds to the gradients of W, U and b:

    both     dW += x_t^T da,  dU += h_{t-1}^T da,  db += da,      dx_t = da W^T,  dh_{t-1} = da U^T
    plain    da = dh_t (1 - h_t^2)                                                                        (3)
    LSTM     dc = dc_t + dh_t o (1 - tanh^2 c_t),        dc_{t-1} = f dc
             da_i = dc g i (1 - i),  da_f = dc c_{t-1} f (1 - f),  da_g = dc i (1 - g^2),
             da_o = dh_t tanh(c_t) o (1 - o)                                                              (4)

By (3) a gradient goes k steps back through k factors diag(1 - h^2) U^T: it vanishes or explodes like a k-th power (Bengio,
Simard & Frasconi 1994, doi:10.1109/72.279181). By (4) there is a second way, along c, whose factors are the forget gates
alone: where f is near 1 the gradient stays (Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; f is by Gers,
Schmidhuber & Cummins 2000, doi:10.1162/089976600300015015). So b_f starts at `forget_bias`, 1, the other biases at 0
(Jozefowicz, Zaremba & Sutskever 2015). The blocks of U start orthogonal, which keeps lengths in the first step back.

Sequences are (n, d_in, l), as for a convolution, and so are the outputs, (n, d, l); with last=True only h_l: (n, d).

How the built-ins differ; `gdcourse.conformance.recurrent` has every case with its size. `torch.nn.RNN` and `LSTM` with
batch_first=True take (n, l, d_in); their weights are W^T and U^T, the gates in our order, and they have two biases, whose sum
counts. All start from U[-1 / sqrt(d), 1 / sqrt(d)], the forget gate too. `keras.layers.SimpleRNN` and `LSTM` take
(n, l, d_in), have W, U and b in our order of gates, start with b_f = 1 and with U orthogonal as one (d, 4 d) matrix, not by
block; they return h_l, and all h_t with return_sequences=True.
"""

from gdcourse._lazy import frameworks

__getattr__, __dir__ = frameworks(__name__)
