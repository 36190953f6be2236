import inspect

from frostline.core.progress import Progress, SilentProgress


def test_silence_speaks_the_whole_protocol():
    names = [name for name in vars(Progress) if not name.startswith("_")]
    assert names == ["start", "advance", "finish", "say"]
    for name in names:
        assert inspect.signature(getattr(SilentProgress, name)) == inspect.signature(getattr(Progress, name))


def test_silence(capsys):
    progress: Progress = SilentProgress()
    progress.start("decode", None)
    progress.advance()
    progress.finish("done")
    progress.say("hello")
    assert capsys.readouterr() == ("", "")
