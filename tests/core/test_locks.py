from taxiway.core.locks import held, is_held


def test_a_lock_is_held_by_one_and_seen_by_others(tmp_path) -> None:
    path = tmp_path / "a.lock"
    assert not is_held(path)
    with held(path) as ours:
        assert ours
        assert is_held(path)
        with held(path) as theirs:
            assert not theirs
    assert not is_held(path)
    with held(path) as again:
        assert again
