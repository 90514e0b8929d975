#include "gtest/gtest.h"
#include "report/curve_table.h"

namespace coppice {
namespace {

TEST(EnergySentence, SaysWhatItWasAndHowItIsKnown) {
  Ticket ticket;
  ticket.energy = Energy::measured(3.6e5, "rapl");
  ticket.dense_energy = Energy::measured(90, "rapl");
  EXPECT_EQ(energy_sentence(ticket, 0),
            "Energy: 360.00 kJ (rapl) for the search, 90 J (rapl) for the dense network.");
  EXPECT_EQ(energy_sentence(ticket, 400),
            "Energy: 360.00 kJ (rapl) for the search, 90 J (rapl) for the dense network; 40 g CO2e.");
  ticket.energy = Energy::estimate(100, 3600);
  EXPECT_NE(energy_sentence(ticket, 400).find("; ESTIMATE 40 g CO2e."), std::string::npos);
  ticket.energy = Energy::unavailable("no counter");
  EXPECT_EQ(energy_sentence(ticket, 400), "Energy: not measurable here (no counter).");
}

}  // namespace
}  // namespace coppice
