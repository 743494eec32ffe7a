// Create, list and read an invoice in TypeScript: ./client is generated from the contract, and a stub responds.
import { Configuration, InvoicesApi, InvoiceStatus, Currency, ResponseError } from "./client";

declare const process: { env: Record<string, string>; exitCode: number };

async function journey() {
  const { TOKEN, URL } = process.env;
  const invoices = new InvoicesApi(new Configuration({ basePath: URL, accessToken: TOKEN }));
  const created = await invoices.createInvoice({
    createInvoiceRequest: {
      customer: "jane@example.com",
      summary: "A simple pizza order",
      currency: Currency.Srd,
      due: "In 3 days",
      items: [{ description: "Pizza Margherita", quantity: 2, unitPrice: 75 }],
    },
  });
  const listed = await invoices.listInvoices({ status: InvoiceStatus.Unpaid, limit: 10 });
  const read = await invoices.getInvoice({ invoiceId: created.data.id });
  let refused: unknown;
  try {
    await invoices.getInvoice({ invoiceId: "inv_000000" });
  } catch (error) {
    refused = error instanceof ResponseError ? error.response.status : String(error);
  }
  const { id, summary, amount, createdAt } = read.data;
  const total: number | null | undefined = amount?.netTotal;
  console.log(JSON.stringify({ id, summary, total, year: createdAt?.getUTCFullYear(), listed: listed.data.invoices.length, refused }));
}

journey().catch((error) => {
  console.log(error);
  process.exitCode = 1;
});
