"""What the serving toolkits of the images do where a script says nothing: model_fn, input_fn, predict_fn, output_fn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import formats
from .wire import CSV, JSON

_TORCH_SUFFIXES = (".pt", ".pth")


class Toolkit:
    """scikit-learn's, and what the others have in common.

    `default_program` is the script that is looked for when none is named, empty where one has to be;
    `gives_context` whether a script's functions may take a context as their last argument.
    """

    default_program = ""
    gives_context = False

    def model_fn(self, model_dir: str) -> Any:
        """Load the model."""
        raise NotImplementedError(f"the script has no model_fn(model_dir), and this toolkit has none for {model_dir}")

    def input_fn(self, body: bytes, content_type: str) -> Any:
        """Read a request."""
        return formats.decode(body, content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Predict."""
        return model.predict(data)

    def output_fn(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        """Write an answer."""
        return formats.encode(prediction, accept)


class XgboostToolkit(Toolkit):
    """XGBoost's: predictions on a DMatrix."""

    def input_fn(self, body: bytes, content_type: str) -> Any:
        """Read a request."""
        import xgboost

        return xgboost.DMatrix(formats.decode(body, content_type))

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Predict without looking at the names of columns."""
        return model.predict(data, validate_features=False)


class PytorchToolkit(Toolkit):
    """PyTorch's: a TorchScript model in model.pt (or the only .pt or .pth), tensors in, lists out."""

    default_program = "inference.py"
    gives_context = True

    def model_fn(self, model_dir: str) -> Any:
        """Load a TorchScript model."""
        import torch

        file = Path(model_dir) / "model.pt"
        if not file.exists():
            files = sorted(path for path in Path(model_dir).iterdir() if path.suffix in _TORCH_SUFFIXES)
            if len(files) != 1:
                names = [path.name for path in files]
                raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {names}")
            file = files[0]
        try:
            return torch.jit.load(file, map_location="cpu").eval()
        except RuntimeError as error:
            text = f"Failed to load {file}. Please ensure model is saved using torchscript. ({error})"
            raise RuntimeError(text) from error

    def input_fn(self, body: bytes, content_type: str) -> Any:
        """Read a request: floats of JSON and CSV, the array's own type of NPY."""
        import torch

        array = formats.decode(body, content_type)
        return torch.FloatTensor(array) if content_type.split(";")[0] in {JSON, CSV} else torch.from_numpy(array)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Call the module."""
        import torch

        with torch.no_grad():
            return model.eval()(data)

    def output_fn(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        """Write an answer."""
        plain = prediction.detach().cpu().numpy() if hasattr(prediction, "detach") else prediction
        return formats.encode(plain, accept)


class AutogluonToolkit(PytorchToolkit):
    """AutoGluon's image serves with PyTorch's toolkit; the stand-in's environment has no torch, so it must be told."""

    def model_fn(self, model_dir: str) -> Any:
        """There is no TorchScript to load."""
        raise NotImplementedError("the script has no model_fn(model_dir): load the predictor there")

    def input_fn(self, body: bytes, content_type: str) -> Any:
        """A tensor is of no use to a predictor."""
        raise NotImplementedError("the script has neither transform_fn nor input_fn: the default gives a torch tensor")

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Call the model."""
        return model(data)


TOOLKITS: dict[str, type[Toolkit]] = {
    "scikit-learn": Toolkit,
    "xgboost": XgboostToolkit,
    "pytorch": PytorchToolkit,
    "autogluon": AutogluonToolkit,
}
