# %% [markdown] name="intro"
# # Animals with PyTorch
#
# The lab before made a clean set of pictures and a baseline that counts colours and edges. Now a network learns from
# the pixels themselves. It is a **ResNet18**, and nothing of it is hidden in a library: its 70 lines are in `model.py`
# beside this notebook. You will look at what it sees, train it on SageMaker, ask it over an endpoint, and find out
# which animals it takes for each other.

# %%
import io
import json
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from botocore.exceptions import ClientError
from PIL import Image

# %% [markdown] name="words-above"
# The words of plots and messages stand in one place, so that this notebook exists in several languages.

# %% name="words"
words = {
    "missing": "outputs/image-data.json is not in your bucket: run the lab image-data first, or ask for `classlab jump`",
    "generated": "These pictures are drawn by a program; the small settings of the lab are used.",
    "as_seen": "as you see it", "as_learnt": "what an epoch makes of it",
    "before": "before", "after": "after", "red": "red", "green": "green", "blue": "blue",
    "brightness": "mean brightness of a picture", "pictures": "pictures",
    "epoch": "epoch", "loss": "training loss", "validated": "validation accuracy",
    "best": "best epoch", "said": "what the network says", "is": "what it is",
    "not_yet": "not yet: a test picture is brought to the network's size and normalised, never cropped or mirrored",
    "right": "right: what is random belongs to training only",
}

# %% name="more-words"
words |= {
    "seat": "seat {stack}, bucket {bucket}, region {region}",
    "shape": "shape", "weights": "weights",
    "accuracy": "accuracy", "macro_f1": "macro F1",
    "result": "accuracy {accuracy:.3f}, macro F1 {macro_f1:.3f}, {pictures:.0f} pictures",
    "pace": "training: {seconds:.0f} seconds, {speed:.1f} pictures a second",
    "logs": "logs",
    "class": "class", "precision": "precision", "recall": "recall", "f1": "F1",
}

# %% [markdown] name="seat"
# Your seat's bucket, role and tags are in `seat.json`, the lab's images and settings in `lab.json`.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
lab = json.loads(Path("lab.json").read_text())
name = f"{seat['stack']}--torch"
unique = f"{name}-{datetime.now(timezone.utc):%Y%m%d%H%M%S}"
s3 = boto3.client("s3")
print(words["seat"].format(**seat), "PyTorch", torch.__version__)

# %% [markdown] name="input"
# ## What the lab before left
#
# Labs hand their results on through your bucket: `outputs/image-data.json` says where the prepared pictures lie.

# %%
try:
    text = s3.get_object(Bucket=seat["bucket"], Key="outputs/image-data.json")["Body"].read()
except ClientError as error:
    raise RuntimeError(words["missing"]) from error
earlier = json.loads(text)
full = {"prepare": lab["settings"]["prepare"], "train": lab["hyperparameters"]}
generated = earlier["data"]["generated"]
settings = {step: full[step] | (lab["small"][step] if generated else {}) for step in full}
print(words["generated"] if generated else "", settings)

# %%
def fetch(uri, folder):
    """Every object below a prefix, many at once: each waits for the network."""
    bucket, prefix = uri.removeprefix("s3://").split("/", 1)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [item["Key"] for page in pages for item in page.get("Contents", [])]
    keys = {key: Path(folder, key.removeprefix(prefix)) for key in found}
    for target in keys.values():
        target.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda item: s3.download_file(bucket, item[0], str(item[1])), keys.items()))


fetch(earlier["prepared"], "data/animals")
{part: len(list(Path("data/animals", part).rglob("*.jpg"))) for part in ("train", "validation", "test")}

# %% [markdown] name="prepare"
# ## One size, and the same brightness
#
# A batch is one block of numbers, so all its pictures have the same size. `prepare.py` brings them to it, on all
# processors at once, with a filter that does not flicker. It also measures how bright red, green and blue are, over the
# **training** pictures only: what is known about validation and test pictures must not reach the training, not even as
# a mean.

# %%
from prepare import NORMALISATION, prepare

os.environ |= settings["prepare"]
prepare(Path("data/animals"), Path("data/prepared"), processes=2)
json.loads(Path("data/prepared/train", NORMALISATION).read_text())

# %% [markdown] name="normalisation"
# **Normalising** takes the mean away and divides by the standard deviation, a colour at a time. The network's first
# layer then gets numbers around zero, as its starting weights expect. The original of this lab left it out: its
# network spent its first epochs learning what a mean is.

# %%
from data import Pictures, class_names, normalisation_of

folder = Path("data/prepared/train")
classes = class_names("train", folder)
moments = normalisation_of(folder)
plain = Pictures(folder, classes, moments, augment=False)
learnt = Pictures(folder, classes, moments, augment=True)
raw = plain.pixels.float() / 255
ready = (raw - moments[0]) / moments[1]

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
for axis, values, title in zip(axes, (raw, ready), ("before", "after")):
    for channel, colour in enumerate(("red", "green", "blue")):
        means = values[:, channel].mean(dim=(1, 2)).numpy()
        axis.hist(means, bins=30, alpha=0.5, color=colour, label=words[colour])
    axis.set(title=words[title], xlabel=words["brightness"], ylabel=words["pictures"])
axes[0].legend()
plt.show()

# %% [markdown] name="augmentation"
# ## More pictures than there are
#
# A cat that looks left is a cat when it looks right. Each time a picture is asked for, `data.py` cuts a random square
# out of it (never larger than the picture: the original asked for a crop larger than its pictures) and mirrors it every
# other time. The network never sees exactly the same picture twice, and learns less by heart.

# %%
def shown(picture):
    """A normalised picture as the eye expects it."""
    return (picture * moments[1] + moments[0]).clamp(0, 1).permute(1, 2, 0).numpy()


chosen = [int((plain.labels == number).nonzero()[0]) for number in range(0, len(classes), 3)]
figure, axes = plt.subplots(len(chosen), 7, figsize=(9, 1.5 * len(chosen)), layout="constrained")
for row, index in zip(axes, chosen):
    for axis, pictures in zip(row, (plain, *[learnt] * 6)):
        axis.imshow(shown(pictures[index][0]))
        axis.set_axis_off()
axes[0][0].set_title(words["as_seen"], fontsize=9)
axes[0][3].set_title(words["as_learnt"], fontsize=9)
plt.show()

# %% [markdown] name="network"
# ## A network of additions
#
# A deep network forgets its input on the way. A **residual block** keeps it: two convolutions compute something, and it
# is *added* to what came in. A block that has nothing to say adds nothing. Eight such blocks, two at each size, are
# ResNet18: pictures become smaller, channels become more, and in the end 512 numbers say what the picture is about.

# %%
from model import ResNet18

network = ResNet18(len(classes), small=plain.side < 100)
batch = torch.stack([plain[index][0] for index in chosen])
stages = ["conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc"]
shapes = {}
for stage in stages:
    layer = getattr(network, stage)
    layer.register_forward_hook(lambda _layer, _in, out, stage=stage: shapes.update({stage: tuple(out.shape)}))
network.eval()(batch)
weights = {stage: sum(w.numel() for w in getattr(network, stage).parameters()) for stage in stages}
pd.DataFrame({words["shape"]: shapes, words["weights"]: weights})

# %% [markdown] name="training"
# ## Training on SageMaker
#
# `train.py` runs in AWS's PyTorch image. Each **epoch** shows it every training picture once; **SGD** with momentum
# takes small steps downhill, and **StepLR** makes them ten times smaller near the end. After each epoch it looks at the
# validation pictures and keeps the weights if they are the best so far: not the last epoch wins, but the best one.
#
# With `torchrun` set to true the same script trains on every machine and GPU of the job: each process takes its share
# of every epoch, and they average their gradients after each batch.

# %%
base = f"image-pytorch/{unique}"
files = {file: f"{base}/prepare/{file.relative_to('data/prepared')}" for file in Path("data/prepared").rglob("*.*")}
with ThreadPoolExecutor(16) as pool:
    list(pool.map(lambda item: s3.upload_file(str(item[0]), seat["bucket"], item[1]), files.items()))

# %%
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode, StoppingCondition, Tag

trainer = ModelTrainer(
    training_image=lab["images"]["train"],
    source_code=SourceCode(source_dir=".", entry_script="train.py", ignore_patterns=["data", "*.ipynb", "__pycache__"]),
    hyperparameters=settings["train"],
    compute=Compute(instance_type=lab["instance_types"]["train"], instance_count=1, volume_size_in_gb=10),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
    base_job_name=name,
    role=seat["role_arn"],
    tags=[Tag(key=tag["Key"], value=tag["Value"]) for tag in seat["tags"]],
)

# %%
prepared = f"s3://{seat['bucket']}/{base}/prepare/"
channels = [InputData(channel_name=part, data_source=f"{prepared}{part}/") for part in ("train", "validation")]
trainer.train(input_data_config=channels)
job = trainer._latest_training_job
artifact = job.model_artifacts.s3_model_artifacts
print(job.training_job_name, job.training_job_status)

# %%
def unpack(uri, folder):
    """The files of a tar.gz in S3."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        packed.extractall(folder, filter="data")
    return Path(folder)


results = unpack(trainer.output_data, "data/results")
validation = json.loads((results / "evaluation.json").read_text())
history = pd.read_csv(results / "history.csv")
pd.Series(validation).round(3)

# %% [markdown] name="curves"
# ## Watch it learn
#
# The loss falls, and the accuracy climbs in jumps, since there are few validation pictures. Where the learning rate
# falls, both become calm. If the loss went on falling while the accuracy fell, the network would be learning by heart.

# %%
figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
axis.plot(history["epoch"], history["train_loss"], color="tab:blue", label=words["loss"])
axis.set(xlabel=words["epoch"], ylabel=words["loss"])
other = axis.twinx()
other.plot(history["epoch"], history["accuracy"], color="tab:orange", label=words["validated"])
other.axvline(validation["best_epoch"], color="grey", linewidth=0.8, label=words["best"])
other.set(ylabel=words["validated"], ylim=(0, 1))
figure.legend(loc="outside upper center", ncols=3)
plt.show()

# %% [markdown] name="endpoint"
# ## An endpoint
#
# The archive of the model holds weights, what must be known about them, and `code/inference.py`: the inference image
# finds it there and calls its four functions. The weights are loaded as weights, never as a pickled program.

# %%
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant

tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in seat["tags"]]
code = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
container = ContainerDefinition(image=lab["images"]["infer"], model_data_url=artifact, environment=code)
Model.create(model_name=unique, primary_container=container, execution_role_arn=seat["role_arn"], tags=tags)
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=unique,
    instance_type=lab["instance_types"]["infer"], initial_instance_count=1,
)
EndpointConfig.create(endpoint_config_name=unique, production_variants=[variant], tags=tags)
endpoint = Endpoint.create(endpoint_name=unique, endpoint_config_name=unique, tags=tags)
endpoint.wait_for_status("InService", poll=5)

# %%
import score

labels, names = score.read_labels(Path("data/prepared/labels"))
answers = []
for file in labels.index:
    body = Path("data/prepared/test", file).read_bytes()
    answer = endpoint.invoke(body=body, content_type="application/x-image", accept="application/json")
    answers.append(json.loads(answer.body.read())["probabilities"])
metrics, tables = score.score(labels, np.array(answers), names)
print(words["result"].format(**metrics))
print(words["pace"].format(seconds=validation["train_seconds"], speed=validation["images_per_second"]))
tables["per_class"].rename(columns=words).round(3)

# %% [markdown] name="baseline"
# The test pictures are those of the lab before, and `score.py` is its file, so the two lines may stand side by side.
# How many pictures lie between them? With few test pictures, a small difference is no difference.

# %%
both = {"image-data": earlier["metrics"], lab["name"]: metrics}
pd.DataFrame(both).loc[["accuracy", "macro_f1", "pictures"]].rename(index=words).round(3)

# %% [markdown] name="confused"
# ## Who is taken for whom?
#
# The off-diagonal says more than the accuracy: pairs that are confused share something the network goes by. Look at the
# pictures it was most sure about and wrong: are they hard, or mislabelled?

# %%
confusion = tables["confusion"].set_index("class")
figure, axis = plt.subplots(figsize=(6.5, 5.5), layout="constrained")
axis.imshow(confusion, cmap="Blues")
for row, column in np.ndindex(confusion.shape):
    if confusion.iloc[row, column]:
        axis.text(column, row, confusion.iloc[row, column], ha="center", va="center", color="darkorange")
axis.set_xticks(range(len(names)), names, rotation=90)
axis.set_yticks(range(len(names)), names)
axis.set(xlabel=words["said"], ylabel=words["is"])
plt.show()

# %%
said = tables["predictions"]
wrong = said[said["class"] != said["predicted"]].sort_values("probability", ascending=False)
wrong.head(8)

# %% [markdown] name="next"
# What to try next: `weight_decay` of 0 (does it learn by heart?); no augmentation (`LEAST_AREA = 1` in `data.py`); the
# other of the two image sizes 32 and 64 (what does it cost, what does it bring?); the published weights of ResNet18 in a channel `weights`,
# which is how the original began. The notebook `image-comparison` beside this one puts the frameworks side by side.

# %% [markdown] name="exercise" tags=["exercise"]
# ## Exercise
#
# Write what happens to a picture before the network may answer for it. `ready_for` gets a PIL picture of any size, the
# side the network expects, mean and standard deviation (shape 3, 1, 1), and returns a tensor of shape (3, side, side).
# The function below forgets the normalisation, and crops at random: ask it twice about one picture.

# %% tags=["exercise"]
from data import random_resized_crop


def ready_for(picture, side, mean, std):
    """A picture as the network expects it."""
    pixels = torch.from_numpy(np.asarray(picture.convert("RGB").resize((side, side))).copy())
    return random_resized_crop(pixels.permute(2, 0, 1).float() / 255)

# %% tags=["solution"]
def ready_for(picture, side, mean, std):
    """A picture as the network expects it."""
    pixels = torch.from_numpy(np.asarray(picture.convert("RGB").resize((side, side))).copy())
    return (pixels.permute(2, 0, 1).float() / 255 - mean) / std

# %% tags=["check"]
try:
    colour = Image.new("RGB", (50, 40), (255, 0, 51))
    got = [ready_for(colour, 32, *moments) for _ in range(2)]
    expected = ((torch.tensor([1.0, 0.0, 0.2]).view(3, 1, 1) - moments[0]) / moments[1]).expand(3, 32, 32)
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (32, 32, 3), dtype=np.uint8))
    same = torch.equal(ready_for(noise, 32, *moments), ready_for(noise, 32, *moments))
    solved = same and all(torch.allclose(one, expected, atol=1e-4) for one in got)
except Exception:
    solved = False
print(words["right"] if solved else words["not_yet"])

# %% [markdown] name="keep"
# ## For the comparison
#
# What this notebook found goes where the class's pipeline writes, unless that has been here before: its word stands.

# %%
outputs = {
    "lab": lab["name"], "run": unique, "made_by": "notebook", "data": earlier["data"], "prepared": prepared,
    "scored": f"s3://{seat['bucket']}/{base}/score/", "artifact": artifact, "validation": validation, "metrics": metrics,
    "hyperparameters": job.hyper_parameters,
}
for table, rows in tables.items():
    s3.put_object(Bucket=seat["bucket"], Key=f"{base}/score/{table}.csv", Body=rows.to_csv(index=False).encode())
try:
    s3.head_object(Bucket=seat["bucket"], Key=f"outputs/{lab['name']}.json")
except ClientError:
    s3.put_object(Bucket=seat["bucket"], Key=f"outputs/{lab['name']}.json", Body=json.dumps(outputs).encode())

# %% [markdown] name="clean-up"
# ## Clean up
#
# An endpoint costs money until somebody deletes it, whether or not it is asked anything. Delete what you made: the
# endpoint, its configuration and the model. Running the cell twice does no harm.

# %% tags=["clean-up"]
sagemaker, logs = boto3.client("sagemaker"), boto3.client("logs")
for kind in ("endpoint", "endpoint_config", "model"):
    member = "".join(part.capitalize() for part in kind.split("_")) + "Name"
    try:
        getattr(sagemaker, f"delete_{kind}")(**{member: unique})
        print(kind, unique)
    except ClientError as error:
        print(kind, error.response["Error"]["Message"])
sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=unique, WaiterConfig={"Delay": 5})
try:  # its logs too: without the endpoint nothing proves whose they are
    logs.delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{unique}")
except ClientError as error:
    print(words["logs"], error.response["Error"]["Message"])
