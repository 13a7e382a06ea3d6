// A click on a column's head sorts by it; a second click turns the order around. Numbers before words.
for (const table of document.querySelectorAll(".sortable"))
  for (const button of table.querySelectorAll("th button"))
    button.onclick = () => {
      const head = button.parentElement, heads = [...head.parentElement.children], column = heads.indexOf(head);
      const sign = head.ariaSort === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.ariaSort = sign > 0 ? "ascending" : "descending";
      const text = (row) => row.cells[column].textContent.trim();
      const number = (row) => (text(row) === "" ? NaN : Number(text(row)));
      const before = (a, b) => {
        const [x, y] = [number(a), number(b)];
        if (!isNaN(x) && !isNaN(y)) return x - y;
        return isNaN(x) - isNaN(y) || text(a).localeCompare(text(b));
      };
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => sign * before(a, b)));
    };
