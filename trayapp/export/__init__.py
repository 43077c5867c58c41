"""The history as a file to take away: workbook, table or document. For child processes only."""
