"""Gradients of functions of PyTorch tensors."""

from gdcourse._lazy import need

torch = need("torch")

__all__ = ["value_and_grad"]


def value_and_grad(f):
    """Return g with g(params, *args) = (f(params, *args), gradients). params: list of arrays; f: -> ()."""

    def g(params, *args):
        params = [p.detach().requires_grad_() for p in params]
        value = f(params, *args)
        return value.detach(), list(torch.autograd.grad(value, params))

    return g
