"""Gradients of functions of PyTorch tensors, by autograd."""

from gdcourse import _check
from gdcourse._lazy import need

torch = need("torch")

__all__ = ["hessian", "hvp", "jacobian", "value_and_grad"]


def value_and_grad(f):
    """Return g with g(params, *args) = (f(params, *args), gradients). params: list of arrays; f: -> ()."""

    def g(params, *args):
        params = [_leaf(p) for p in params]
        value = _check.scalar("f's value", f(params, *args))
        return value.detach(), list(torch.autograd.grad(value, params))

    return g


def jacobian(f, x):
    """J of equation (4). f: array -> array; x: any shape -> f(x)'s shape + x's shape."""
    x = _leaf(x)
    y = f(x)
    rows = [_grad(y_i, x) for y_i in y.flatten()]
    return torch.stack(rows).detach().reshape(y.shape + x.shape)


def hessian(f, x):
    """H of equation (5). f: array -> (); x: any shape -> x's shape + x's shape."""
    return jacobian(lambda x: _grad(_check.scalar("f's value", f(x)), x), x)


def hvp(f, x, v):
    """H v of equation (5). f: array -> (); x, v: the same shape -> x's shape."""
    x = _leaf(x)
    v = torch.as_tensor(v).detach().to(x)
    _check.same_shape(x=x, v=v)
    g = _grad(_check.scalar("f's value", f(x)), x)
    return _grad(torch.sum(g * v), x).detach()


def _leaf(x):
    """Return x as a float tensor of its own, with which a graph can begin."""
    x = torch.as_tensor(x).detach()
    return (x if x.is_floating_point() else x.double()).requires_grad_()


def _grad(y, x):
    """Return dy/dx, itself differentiable; zero where y does not depend on x."""
    if not y.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(y, x, create_graph=True, materialize_grads=True)[0]
