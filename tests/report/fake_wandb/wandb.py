"""In place of the wandb package: writes down what it is told, a JSON line a call, into the file FAKE_WANDB names."""
import json
import os


def told(**what):
    with open(os.environ["FAKE_WANDB"], "a") as file:
        file.write(json.dumps(what) + "\n")


class Run:
    def define_metric(self, name, step_metric=None):
        pass

    def log(self, figures):
        told(log=figures)

    def finish(self):
        told(finish=True)


def init(project, id, name, resume, dir, config):
    told(project=project, id=id, resume=resume, config=config)
    return Run()
