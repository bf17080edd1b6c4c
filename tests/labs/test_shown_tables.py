"""Tables are read from what notebooks keep of them."""

from tests.labs.shown_tables import tables_in

# As pandas shows a table of two rows.
_HTML = """<div>
<style scoped>
    .dataframe tbody tr th { vertical-align: top; }
</style>
<table border="1" class="dataframe">
  <thead>
    <tr style="text-align: right;">
      <th></th>
      <th>accuracy</th>
      <th>seconds</th>
    </tr>
  </thead>
  <tbody>
    <tr>
      <th>image-data</th>
      <td>0.5</td>
      <td>3.0</td>
    </tr>
    <tr>
      <th>image-pytorch</th>
      <td>1.0</td>
      <td>NaN</td>
    </tr>
  </tbody>
</table>
</div>"""


def test_a_table_is_read_with_its_headings() -> None:
    shown = {"output_type": "execute_result", "data": {"text/html": _HTML.splitlines(keepends=True)}}
    notebook = {"cells": [{"outputs": [{"text": "words"}, shown]}, {"source": "no outputs"}]}
    assert list(tables_in(notebook)) == [
        [["", "accuracy", "seconds"], ["image-data", "0.5", "3.0"], ["image-pytorch", "1.0", "NaN"]]
    ]
