from model.bring.trust import untrusted


def test_types_of_scikit_learn_and_below_need_no_word() -> None:
    assert untrusted(["sklearn.tree._tree.Tree", "numpy.dtype", "scipy.sparse._csr.csr_matrix"], []) == []


def test_other_types_are_named_once_and_in_order() -> None:
    assert untrusted(["shop.Rounder", "posix.system", "shop.Rounder"], []) == ["posix.system", "shop.Rounder"]


def test_a_trusted_module_covers_its_types_but_no_module_that_only_begins_alike() -> None:
    assert untrusted(["shop.steps.Rounder", "shopping.Cart", "sklearnex.Tree"], ["shop"]) == [
        "shopping.Cart",
        "sklearnex.Tree",
    ]
