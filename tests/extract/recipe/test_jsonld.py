import pytest

from scraper.extract.recipe.jsonld import Graph

SHOP = [
    {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "@id": "#page", "mainEntity": {"@type": "Thing", "name": "deep"}, "name": "page"},
            {
                "@type": ["https://schema.org/Product", "schema:Vehicle"],
                "name": "Bike",
                "offers": [{"price": "12.50", "seller": {"@id": "#shop"}}, {"price": 10}, [{"price": None}]],
                "image": ["a.png", ["b.png"]],
                "brand": {"@id": "#brand"},
                "isRelatedTo": {"@type": "Product", "name": "Lock"},
                "sale": False,
            },
            {"@id": "#brand", "@type": "Brand", "name": "Wheels"},
            {"@id": "#shop", "name": "Shop"},
        ],
    }
]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("Product.name", ["Bike", "Lock"]),
        ("Vehicle.name", ["Bike"]),
        ("Product.offers.price", ["12.50", 10]),
        ("Product.image", ["a.png", "b.png"]),
        ("Product.brand.name", ["Wheels"]),
        ("Product.offers.seller.name", ["Shop"]),
        ("Product.sale", [False]),
        ("WebPage.mainEntity.name", ["deep"]),
        ("Thing.name", ["deep"]),
        ("name", ["page", "Bike", "Wheels", "Shop", "deep", "Lock"]),
        ("Product.offers.nothing", []),
        ("Product.name.first", []),
        ("Book", []),
        ("Brand.@id", ["#brand"]),
    ],
)
def test_a_path_leads_through_graphs_types_lists_and_references(path, values):
    assert Graph(SHOP).find(path) == values


def test_a_type_alone_is_its_nodes_and_a_reference_at_the_end_is_looked_up():
    graph = Graph(SHOP)
    assert [node["name"] for node in graph.find("Product")] == ["Bike", "Lock"]
    assert graph.find("Product.brand") == [SHOP[0]["@graph"][2]]


def test_references_in_a_circle_end():
    ring = [{"@type": "A", "@id": "1", "n": [{"@id": "1"}] * 100, "x": "y"}]
    path = "A" + ".n" * 50
    assert Graph(ring).find(path + ".x") == ["y"]
    assert len(Graph(ring).find(path)) == 1


@pytest.mark.parametrize("objects", [[], [{}], [{"@type": None}], [{"@type": [1, {}]}], [{"@id": []}], [{"@graph": 1}]])
def test_odd_data_is_no_trouble(objects):
    assert Graph(objects).find("Product.name") == []
    assert Graph(objects).find("name") == []
