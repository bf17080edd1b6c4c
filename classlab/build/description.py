"""``lab.json``: what a lab's notebook has to know of its manifest, for the region and language of the class.

Notebooks take images, instance types and settings from here, so that they name no account and repeat no manifest.
"""

import json

from classlab.labs import Lab, earlier, image_uri
from classlab.settings import Language

DESCRIPTION_NAME = "lab.json"


def describe(lab: Lab, *, language: Language, region: str) -> bytes:
    """The file's content; raises :class:`UserError` where an image is not known in the region."""
    jobs = lab.pipeline.jobs
    images = {step: job.image for step, job in jobs.items()} | lab.more_images
    before = earlier(lab)
    document = {
        "name": lab.name,
        "title": lab.titled(language),
        "language": language,
        "region": region,
        "images": {name: image_uri(image, region) for name, image in images.items()},
        "instance_types": {step: job.instance_type for step, job in jobs.items()},
        "hyperparameters": lab.pipeline.train.hyperparameters,
        "settings": {"prepare": lab.pipeline.prepare.settings},
        "small": lab.small.model_dump(),
        "starts_from": before[-1].name if before else "",
        "gate": lab.pipeline.gate.model_dump(),
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
